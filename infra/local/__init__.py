"""The whole installation on one machine: the embedded AWS, the same stacks, a demo company, and a story."""

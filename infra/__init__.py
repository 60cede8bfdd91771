"""The AWS side of Tocsin: settings, two stacks, and one construct per capability."""

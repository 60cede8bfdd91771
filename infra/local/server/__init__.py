"""The embedded AWS as this project needs it. Runs in the embedded AWS's own environment."""

"""Mutation testing of the pure core: small mistakes are put into the code, and the unit tests must notice each."""

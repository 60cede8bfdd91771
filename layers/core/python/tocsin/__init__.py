"""Tocsin: tickets, rules and pages. Functions import from here; pure modules import nothing but each other."""

"""The real handlers on a simulated AWS with a simulated clock: one thread, one seed, a week in milliseconds.

- `cloud`: an AWS in memory, behind the same client seam as the real one;
- `timeline`: virtual time, and what happens next in it;
- `world`: all of it together, with callers, phones and mailboxes; `story`: the company that the stories are about.
"""

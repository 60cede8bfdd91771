"""What can go wrong with the local stack. The messages are for whoever sits at the terminal.

LocalError
  SynthesisFailed    the app could not be synthesized
  StartFailed        the embedded AWS ended, or does not answer
  WrongVersion       another embedded AWS is installed than the one that its patches were written against
  DeploymentFailed   a stack did not come up
  Refused            the API answered something else than 2xx
  NothingCame        what was waited for did not happen in time
"""

# an exception is named by what is the case


class LocalError(RuntimeError):
    """Any of them."""


class SynthesisFailed(LocalError):
    """The app could not be synthesized. Holds what it said."""


class StartFailed(LocalError):
    """The embedded AWS ended, or does not answer. Holds the end of its log."""


class WrongVersion(LocalError):
    """Another embedded AWS is installed than the one that its patches were written against."""


class DeploymentFailed(LocalError):
    """A stack did not come up. Holds the reasons that its events give."""


class Refused(LocalError):
    """The API answered something else than 2xx. Holds the call and the answer."""


class NothingCame(LocalError):
    """What was waited for did not happen in time."""

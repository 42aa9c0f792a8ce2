"""medshare: the hospitals of a city recognise each other's results."""

__version__ = "0.1.0"

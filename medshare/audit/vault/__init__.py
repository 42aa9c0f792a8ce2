"""Where what entries say in words is kept: encrypted, so that it can be forgotten for good."""

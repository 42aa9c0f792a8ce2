"""medshare beside Orthanc, both served on loopback: STOW, QIDO, metadata and WADO as ratios."""

"""Studies, series and instances: scanned, indexed, served."""

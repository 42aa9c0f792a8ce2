"""Programmes as they are enacted: rules, registers, reasons and code maps, immutable versions."""

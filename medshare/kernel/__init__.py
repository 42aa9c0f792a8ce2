"""What every package may know: errors, identifiers, ports, principals, permissions, audit terms.

Standard library only.
"""

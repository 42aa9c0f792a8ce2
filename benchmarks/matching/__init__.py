"""How well and how fast records become persons."""

"""How fast the library is on this machine, next to what people use today."""

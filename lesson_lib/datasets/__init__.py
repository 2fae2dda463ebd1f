"""Where the data come from. Nothing here knows about JAX or training; `lesson_lib.data` is the way in."""

"""What holds in every test: the processor that all have, and no silent change of a number's type or shape."""

import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")  # read when jax is imported

import jax
from hypothesis import settings

jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")

# No deadline: the first example of a shape is slow because it is compiled. In CI the same examples every time.
settings.register_profile("lessons", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("lessons")

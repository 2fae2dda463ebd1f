"""`python -m lesson_lib.parallel`: the same training as one program on several processes."""

import sys

from lesson_lib.parallel.options import parse
from lesson_lib.parallel.supervisor import supervise

if __name__ == "__main__":
    sys.exit(supervise(sys.argv[1:], parse(sys.argv[1:])))

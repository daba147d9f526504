//! Whole runs of the program, killed and cut differently, held against each other; see `tests/`.

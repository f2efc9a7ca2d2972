//! Black-box tests on the real binary.

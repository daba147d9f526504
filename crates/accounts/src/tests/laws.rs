//! Laws that hold for every order and every fortune.

//! A result cache that cannot lie about why it missed.

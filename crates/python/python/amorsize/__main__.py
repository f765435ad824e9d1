"""`python -m amorsize`."""

from ._cli import load_data, load_function, main

__all__ = ["load_data", "load_function", "main"]

if __name__ == "__main__":
    raise SystemExit(main())

//! What only tests need: clocks that stand still, servers that start and stop, a checker of histories.

//! The planner, the chunk rule and the simulator together, through the public face only.

mod bounds;

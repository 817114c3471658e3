//! Many nodes on one machine: real processes and the simulator.

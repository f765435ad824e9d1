//! Every system call of the house: clock, files, locks, processes, the machine as it really is.

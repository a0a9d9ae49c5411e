/** Milliseconds; given by the host. */
export declare function now(): f64;

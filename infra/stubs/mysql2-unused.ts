/** Stands in for files of mysql2 that the function never comes to: pools, its server, its promises, and its names for the numbers of errors. */
export {};

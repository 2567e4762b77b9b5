// A thread that dies as soon as it is given work.
export default () => process.exit(7);

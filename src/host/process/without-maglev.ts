// The first thing that command line and library do. V8's middle compiler is left out, before any of what it could compile has run:
// Maglev of Node 26 (V8 14.6) computes wrong. In a loop that it peels, a variable that a function within changes, when that function
// is inlined and the two share one or two such variables, keeps an older value: bytes of Parquet files were unpacked wrong, without
// an error. What it would compile goes to V8's optimizing compiler a little later, as on Node 20 and 22, which have Maglev off.

import { setFlagsFromString } from 'node:v8';

// for the whole process, of whose code nobody knows what else of it reaches the weights; threads take it over
setFlagsFromString('--no-maglev');

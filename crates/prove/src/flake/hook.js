// Records what a JavaScript program draws from Math.random, and forces one call site low or high. Loaded by NODE_OPTIONS,
// so that runners and their workers have it, too; contexts of `vm` (jest runs every test file in one) get it when they are made.
'use strict';

const fs = require('fs');
const path = require('path');
const vm = require('vm');
const { fileURLToPath } = require('url');

const file = process.env.AMORSIZE_FLAKE_DRAWS;
if (file) {
  const force = process.env.AMORSIZE_FLAKE_FORCE || '';
  const cut = force.lastIndexOf('=');
  const forced = cut < 0 ? '' : force.slice(0, cut);
  const side = cut < 0 ? '' : force.slice(cut + 1);
  const here = process.cwd();

  // The place that draws, if it is the program's own: not the runtime's and not an installed package's.
  const site = (drawn) => {
    const limit = Error.stackTraceLimit;
    const holder = {};
    Error.stackTraceLimit = 1;
    Error.captureStackTrace(holder, drawn);
    const stack = String(holder.stack);
    Error.stackTraceLimit = limit;
    const found = /\(?((?:file:\/\/)?\/[^()\n]+?):(\d+):\d+\)?\s*$/.exec(stack);
    if (!found || found[1].includes('/node_modules/')) return null;
    const name = found[1].startsWith('file://') ? fileURLToPath(found[1]) : found[1];
    return path.relative(here, name) + ':' + found[2];
  };

  const cover = (math) => {
    const original = math.random;
    math.random = function random() {
      const place = site(random);
      if (place === null) return original();
      const value = place === forced ? (side === 'low' ? 0 : 1 - 2 ** -53) : original();
      fs.appendFileSync(file, JSON.stringify([place, 'Math.random', String(value)]) + '\n');
      return value;
    };
  };

  cover(Math);
  const createContext = vm.createContext;
  vm.createContext = function (...given) {
    const context = createContext.apply(this, given);
    try {
      cover(vm.runInContext('Math', context));
    } catch {
      // A context that evaluates nothing draws nothing.
    }
    return context;
  };
}

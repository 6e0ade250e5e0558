// A filter by second-order sections, forwards and then backwards, as scipy.signal.sosfiltfilt does it.
"use strict";

(() => {
  // The signal, continued at both ends by its point reflection.
  function reflected(signal, padding) {
    const n = signal.length;
    const out = new Float64Array(n + 2 * padding);
    out.set(signal, padding);
    for (let i = 1; i <= padding; i++) {
      out[padding - i] = 2 * signal[0] - signal[i];
      out[padding + n - 1 + i] = 2 * signal[n - 1] - signal[n - 1 - i];
    }
    return out;
  }

  // One section over a signal, in place. It begins as if the signal had always been `start`; `zi` is that state for 1.
  function section(x, [b0, b1, b2, , a1, a2], zi, start) {
    let [early, late] = [zi[0] * start, zi[1] * start];
    for (let i = 0; i < x.length; i++) {
      const sample = x[i];
      const out = b0 * sample + early;
      early = b1 * sample - a1 * out + late;
      late = b2 * sample - a2 * out;
      x[i] = out;
    }
  }

  function filter(signal, sos, zi, padding) {
    const reach = Math.min(padding, signal.length - 1);
    const x = reflected(signal, reach);
    for (let turn = 0; turn < 2; turn++) {
      const start = x[0];
      sos.forEach((numbers, i) => section(x, numbers, zi[i], start));
      x.reverse();
    }
    return x.subarray(reach, x.length - reach);
  }

  Object.assign(ecgclf, { filter });
})();

// Another sampling rate, as ecgclf.signal.resample does it: a polyphase low-pass filter without phase shift.
"use strict";

(() => {
  const LARGEST_TERMS = [1000n, 10_000n, 100_000n, 1_000_000n]; // tried one after the other, until it is
  const ONE_PART_OF = 1_000_000n; // off by at most
  const HALF = 10; // zeros of the filter to each side, on the slower grid
  const BETA = 5; // of the Kaiser window

  // A number as the fraction that it is.
  function fraction(x) {
    let down = 1n;
    while (!Number.isInteger(x)) {
      x *= 2;
      down *= 2n;
    }
    return [BigInt(x), down];
  }

  const size = (x) => (x < 0n ? -x : x);

  // The closest fraction whose denominator is at most `largest`, by continued fractions.
  function limited(numerator, denominator, largest) {
    let [n, d] = [numerator, denominator];
    let [p0, q0, p1, q1] = [0n, 1n, 1n, 0n];
    while (d !== 0n) {
      const a = n / d;
      const q2 = q0 + a * q1;
      if (q2 > largest) break;
      [p0, q0, p1, q1] = [p1, q1, p0 + a * p1, q2];
      [n, d] = [d, n - a * d];
    }
    if (d === 0n) return [p1, q1];
    const k = (largest - q0) / q1;
    const other = [p0 + k * p1, q0 + k * q1];
    // |p1/q1 - x| <= |other - x| ?
    const error = (p, q) => size(p * denominator - numerator * q);
    return error(p1, q1) * other[1] <= error(...other) * q1 ? [p1, q1] : other;
  }

  // The factors by which the rate is raised and then lowered.
  function ratio(oldRate, newRate) {
    if (newRate < oldRate) return ratio(newRate, oldRate).reverse();
    const [a, b] = fraction(newRate);
    const [c, d] = fraction(oldRate);
    const [numerator, denominator] = [a * d, b * c];
    let found;
    for (const largest of LARGEST_TERMS) {
      found = limited(numerator, denominator, largest);
      const [p, q] = found;
      if (size(p * denominator - q * numerator) * ONE_PART_OF <= q * numerator) break;
    }
    return found.map(Number);
  }

  // Modified Bessel function of the first kind, order 0.
  function bessel(x) {
    let [term, sum] = [1, 1];
    for (let k = 1; term > 1e-17 * sum; k++) {
      term *= (x / (2 * k)) ** 2;
      sum += term;
    }
    return sum;
  }

  // A windowed sinc that cuts at the lower of the two rates.
  function design(up, down) {
    const widest = Math.max(up, down);
    const half = HALF * widest;
    const taps = new Float64Array(2 * half + 1);
    let sum = 0;
    for (let i = 0; i < taps.length; i++) {
      const at = (i - half) / widest;
      const sinc = at === 0 ? 1 : Math.sin(Math.PI * at) / (Math.PI * at);
      taps[i] = sinc * bessel(BETA * Math.sqrt(1 - ((i - half) / half) ** 2));
      sum += taps[i];
    }
    return taps.map((tap) => (tap / sum) * up);
  }

  // The ends are continued by their value; what is filtered starts from 0.
  function polyphase(signal, up, down, taps) {
    if (up === down) return Float64Array.from(signal);
    const n = signal.length;
    const half = Math.floor(taps.length / 2);
    const out = new Float64Array(Math.ceil((n * up) / down));
    const first = signal[0];
    for (let m = 0; m < out.length; m++) {
      const at = m * down + half;
      let from = Math.floor(at / up);
      let sum = 0;
      for (let tap = at % up; tap < taps.length; tap += up, from--) {
        sum += taps[tap] * (signal[Math.min(Math.max(from, 0), n - 1)] - first);
      }
      out[m] = sum + first;
    }
    return out;
  }

  function resample(signal, oldRate, newRate) {
    const [up, down] = ratio(oldRate, newRate);
    return polyphase(signal, up, down, up === down ? [] : design(up, down));
  }

  Object.assign(ecgclf, { ratio, polyphase, resample });
})();

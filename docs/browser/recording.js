// What one recording is, and what makes it one that a model cannot or should hardly answer.
"use strict";

(() => {
  const RATES = [50, 10000]; // Hz; below the first no beat can be seen
  const SHORTEST = 4; // s, as ecgclf.signal.signal_quality
  const LONGEST = 600; // s, which the paper holds
  const SEEN = [9, 61]; // s, of what the shipped models were trained on
  const LARGEST = 3.4028234663852886e38; // of float32, in which networks compute
  const TALLEST = 10; // mV, of no heart's beats
  const BLOCK = 2; // s, with a beat or more in it

  function duration(seconds) {
    if (seconds < 120) return `${Number(seconds.toFixed(seconds < 10 ? 2 : 1))} s`;
    return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Number((seconds / 3600).toFixed(1))} h`;
  }

  function checkRate(rate) {
    if (!(rate >= RATES[0] && rate <= RATES[1])) {
      const came = Number.isFinite(rate) ? `${rate} Hz is not one` : "Give the sampling rate";
      throw new ecgclf.Problem(`${came}: a number of Hz between ${RATES.join(" and ")}, such as 300.`);
    }
  }

  function median(values) {
    const sorted = Float64Array.from(values).sort();
    const half = sorted.length >> 1;
    return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  // How far the signal goes from its median in a typical stretch of BLOCK seconds.
  function height(signal, rate, centre) {
    const length = Math.ceil(BLOCK * rate);
    const heights = [];
    for (let start = 0; start < signal.length; start += length) {
      heights.push(signal.subarray(start, start + length).reduce((most, v) => Math.max(most, Math.abs(v - centre)), 0));
    }
    return median(heights);
  }

  // Throw a Problem if the signal (mV) cannot be answered; give the remarks that an answer needs.
  function check(signal, rate) {
    checkRate(rate);
    if (signal.length === 0) throw new ecgclf.Problem("The recording is empty: it has no samples.");
    const seconds = signal.length / rate;
    if (seconds > LONGEST) {
      throw new ecgclf.Problem(
        `The recording is ${duration(seconds)} long, and this page takes ${duration(LONGEST)} at most. Cut it, or use ` +
          "“ecgclf predict --windows”, which answers along its time.",
      );
    }
    const missing = signal.findIndex((value) => !(Math.abs(value) <= LARGEST));
    if (missing >= 0) {
      const count = signal.reduce((n, value) => n + !(Math.abs(value) <= LARGEST), 0);
      throw new ecgclf.Problem(
        `${count} of ${signal.length} samples are missing, infinite or no numbers, the first at ${duration(missing / rate)}. ` +
          "Interpolate them or cut them out first.",
      );
    }
    if (seconds < SHORTEST) {
      throw new ecgclf.Problem(
        `The recording is too short: ${duration(seconds)}. A rhythm takes ${SHORTEST} s at least; the model was trained ` +
          `on ${SEEN[0]} to ${SEEN[1]} s.`,
      );
    }
    if (signal.every((value) => value === signal[0])) {
      throw new ecgclf.Problem(
        `The recording is flat: all ${signal.length} samples are ${Number(signal[0].toPrecision(4))} mV. Was the ` +
          "electrode off, or is it another lead?",
      );
    }
    const remarks = [];
    if (seconds < SEEN[0] || seconds > SEEN[1]) {
      remarks.push(`It is ${duration(seconds)} long; the model was trained on ${SEEN[0]} to ${SEEN[1]} s.`);
    }
    const reach = height(signal, rate, median(signal));
    if (reach > TALLEST) {
      remarks.push(
        `It reaches ${Number(reach.toPrecision(3))} mV from its baseline, and no beat is taller than ${TALLEST} mV: are ` +
          "its samples µV, or counts of the converter?",
      );
    }
    return remarks;
  }

  Object.assign(ecgclf, { check, checkRate, duration, median });
})();

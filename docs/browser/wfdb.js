// WFDB records: a header (.hea), and signals in one or several files beside it.
"use strict";

(() => {
  const RATE = 250; // Hz, of a header that says nothing
  const GAIN = 200; // units a mV, of a header that says nothing
  const MILLIVOLTS = { v: 1e3, mv: 1, uv: 1e-3, nv: 1e-6 };

  // Storage formats: bits of a sample, and how to read sample i.
  const FORMATS = {
    16: [16, (view, i) => view.getInt16(2 * i, true)],
    24: [24, (view, i) => view.getUint16(3 * i, true) + view.getInt8(3 * i + 2) * 65536],
    32: [32, (view, i) => view.getInt32(4 * i, true)],
    61: [16, (view, i) => view.getInt16(2 * i, false)],
    80: [8, (view, i) => view.getUint8(i) - 128],
    160: [16, (view, i) => view.getUint16(2 * i, true) - 32768],
    212: [12, twelveBits],
  };

  // Two samples in three bytes; the middle one holds the upper four bits of both.
  function twelveBits(view, i) {
    const at = 3 * (i >> 1);
    const value = i % 2 ? view.getUint8(at + 2) | ((view.getUint8(at + 1) & 0xf0) << 4)
                        : view.getUint8(at) | ((view.getUint8(at + 1) & 0x0f) << 8);
    return value > 2047 ? value - 4096 : value;
  }

  function parseHeader(text, name) {
    const wrong = (what) => new ecgclf.Problem(`${name} is no WFDB header that this page can read: ${what}.`);
    const lines = text.split(/\r\n|\r|\n/).map((line) => line.trim()).filter((line) => line && line[0] !== "#");
    if (!lines.length) throw wrong("it has no line");
    const strange = lines.find((line) => /[^\t\x20-\x7e]/.test(line));
    if (strange) throw wrong("it has characters that no header has; if one is the µ of µV, write uV");
    const [, segments] = /^[-\w]+(\/\d+)?$/.exec(lines[0].split(/\s+/)[0]) ?? [null, null];
    if (segments === null) throw wrong("it does not start with the name of a record");
    if (segments) throw wrong("the record has several segments; give one of them, or use “ecgclf predict”");
    const [, count, rate, length] = lines[0].split(/\s+/);
    if (!/^[1-9]\d{0,4}$/.test(count ?? "")) throw wrong("it declares no signals");
    if (rate !== undefined && !/^(\d+\.?\d*|\.\d+)(\/\S*)?$/.test(rate)) {
      throw wrong(`its sampling rate is “${rate.slice(0, 40)}”, where a number of Hz is expected`);
    }
    if (length !== undefined && !/^[1-9]\d{0,14}$/.test(length)) throw wrong(`its length is “${length.slice(0, 40)}”`);
    if (lines.length - 1 !== Number(count)) {
      throw wrong(`it declares ${count} signals and describes ${lines.length - 1}`);
    }
    return {
      rate: rate === undefined ? RATE : parseFloat(rate),
      length: length === undefined ? null : Number(length),
      signals: lines.slice(1).map((line, i) => parseSignal(line.split(/\s+/), i, wrong)),
    };
  }

  function parseSignal([file, format, gain, ...rest], i, wrong) {
    if (!/^[-\w]+(\.\w+)?$/.test(file)) throw wrong(`signal ${i} is in “${file.slice(0, 40)}”, which is no plain file name`);
    const stored = /^(\d+)(?:x(\d+))?(?::(\d+))?(?:\+(\d+))?$/.exec(format ?? "");
    if (!stored) throw wrong(`signal ${i} has no storage format`);
    if (!FORMATS[stored[1]]) {
      throw wrong(`signal ${i} is stored in format ${stored[1]}; known are ${Object.keys(FORMATS).join(", ")}`);
    }
    if (Number(stored[2] ?? 1) !== 1) throw wrong(`signal ${i} has ${stored[2]} samples a frame, where one is expected`);
    if (Number(stored[3] ?? 0) !== 0) throw wrong(`signal ${i} is skewed by ${stored[3]} frames`);
    const scale = /^(-?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)(?:\((-?\d+)\))?(?:\/(\S+))?$/.exec(gain ?? "0");
    const vanished = scale && !Number(scale[1]) && /[1-9]/.test(scale[1].split("e")[0]);
    if (!scale || vanished || !Number.isFinite(Number(scale[1]))) throw wrong(`signal ${i} has the gain “${gain.slice(0, 40)}”`);
    // Up to five numbers, of which the second is the converter's zero; then the name.
    let numbers = rest.findIndex((field) => !/^-?\d+$/.test(field));
    numbers = Math.min(5, numbers < 0 ? rest.length : numbers);
    const unit = scale[3] ?? "mV";
    return {
      file,
      format: stored[1],
      offset: Number(stored[4] ?? 0),
      gain: Number(scale[1]) || GAIN,
      baseline: Number(scale[2] ?? (numbers > 1 ? rest[1] : 0)),
      unit,
      toMillivolts: MILLIVOLTS[unit.toLowerCase()] ?? null,
      name: rest.slice(numbers).join(" ") || `signal ${i}`,
    };
  }

  // The samples of the signals of one file, which take turns; in the unit of each, and NaN where missing.
  function decode(bytes, signals, length, header) {
    const [{ file, format, offset }] = signals;
    if (signals.some((signal) => signal.format !== format || signal.offset !== offset)) {
      throw new ecgclf.Problem(`${header} declares more than one storage format or offset for ${file}.`);
    }
    const [bits, read] = FORMATS[format];
    const present = Math.floor((Math.max(bytes.length - offset, 0) * 8) / bits);
    const timepoints = length ?? Math.floor(present / signals.length);
    if (timepoints < 1 || timepoints * signals.length > present) {
      throw new ecgclf.Problem(
        `${file} is truncated, or another record's: ${header} declares ${(length ?? 1) * signals.length} samples in format ` +
          `${format}, and the file has ${present}.`,
      );
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset + Math.min(offset, bytes.length));
    const missing = -(2 ** (bits - 1));
    return signals.map(({ gain, baseline, toMillivolts }, s) =>
      Float32Array.from({ length: timepoints }, (_, t) => {
        const value = read(view, t * signals.length + s);
        return value === missing ? NaN : ((value - baseline) / gain) * (toMillivolts ?? 1);
      }),
    );
  }

  // A record out of its parsed header and the bytes of the files that it names.
  function readRecord(header, name, contents) {
    const found = [];
    for (const [file, bytes] of contents) {
      const own = header.signals.filter((signal) => signal.file === file);
      decode(bytes, own, header.length, name).forEach((signal, i) => found.push({ ...own[i], signal }));
    }
    const leads = found.filter((lead) => lead.toMillivolts !== null);
    if (!leads.length) {
      throw new ecgclf.Problem(`${name} has no voltage: its signals are in ${[...new Set(found.map((s) => s.unit))].join(", ")}.`);
    }
    return { name: name.replace(/\.hea$/i, ""), rate: header.rate, leads: leads.map(({ name, signal }) => ({ name, signal })) };
  }

  Object.assign(ecgclf, { parseHeader, readRecord });
})();

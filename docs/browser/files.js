// Files that are dropped or chosen: which of them make a record.
"use strict";

(() => {
  const LARGEST_HEADER = 4 * 2 ** 20;
  const LARGEST = 64 * 2 ** 20;
  const EXPECTED = "Give the .hea and the .dat or .mat of a WFDB record together, or one CSV file.";

  async function bytesOf(file, largest) {
    if (file.size > largest) {
      throw new ecgclf.Problem(
        `${file.name} has ${Math.round(file.size / 2 ** 20)} MB, and this page takes ${largest / 2 ** 20} at most. Cut out some ` +
          "minutes, or use “ecgclf predict”.",
      );
    }
    let bytes;
    try {
      bytes = new Uint8Array(await file.arrayBuffer());
    } catch {
      throw new ecgclf.Problem(`${file.name} cannot be read. If it is a folder, give the files in it.`);
    }
    if (!bytes.length) throw new ecgclf.Problem(`${file.name} is empty.`);
    return bytes;
  }

  // What the files hold: {name, rate or null, leads: [{name, signal}]}.
  async function readFiles(files) {
    const ending = (file) => (/\.(\w+)$/.exec(file.name)?.[1] ?? "").toLowerCase();
    const headers = files.filter((file) => ending(file) === "hea");
    const tables = files.filter((file) => ["csv", "tsv", "txt"].includes(ending(file)));
    const names = files.map((file) => file.name);
    const listed = names.slice(0, 3).join(", ") + (names.length > 3 ? ` and ${names.length - 3} more` : "");
    if (!files.length) throw new ecgclf.Problem(`There was no file. ${EXPECTED}`);
    if (headers.length > 1 || tables.length > 1 || (headers.length && tables.length)) {
      throw new ecgclf.Problem(`${listed} are several recordings; this page takes one at a time. ${EXPECTED}`);
    }
    if (tables.length) {
      if (files.length > 1) throw new ecgclf.Problem(`${listed} do not belong together. ${EXPECTED}`);
      return ecgclf.readCsv(new TextDecoder().decode(await bytesOf(tables[0], LARGEST)), tables[0].name);
    }
    if (!headers.length) {
      const signals = files.find((file) => ["dat", "mat"].includes(ending(file)));
      if (signals) {
        const header = signals.name.replace(/\w+$/, "hea");
        throw new ecgclf.Problem(`The header of ${signals.name} is missing. Give ${header} together with it.`);
      }
      throw new ecgclf.Problem(`${listed} cannot be read here. ${EXPECTED}`);
    }
    const { name } = headers[0];
    const header = ecgclf.parseHeader(new TextDecoder("latin1").decode(await bytesOf(headers[0], LARGEST_HEADER)), name);
    const contents = new Map();
    const needed = [...new Set(header.signals.map((signal) => signal.file))];
    const lost = needed.filter((wanted) => !names.includes(wanted));
    if (lost.length) {
      throw new ecgclf.Problem(`${name} names ${lost.join(", ")}, which did not come with it. Give all files of the record together.`);
    }
    for (const wanted of needed) {
      contents.set(wanted, await bytesOf(files.find((file) => file.name === wanted), LARGEST));
    }
    return ecgclf.readRecord(header, name, contents);
  }

  Object.assign(ecgclf, { readFiles });
})();

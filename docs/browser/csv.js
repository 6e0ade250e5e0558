// CSV files: a row a sample, a column a lead, in mV.
"use strict";

(() => {
  const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
  const MISSING = /^(nan|na|null|none|n\/a|)$/i;
  const MOST_COLUMNS = 64;
  // A number of a language with decimal commas, and one that two whole numbers beside each other are not.
  const WITH_COMMA = /^[-+]?\d+,\d+$/;
  const SURELY_ONE = /^-0,|,0\d/;

  function split(line, separator) {
    return line.split(separator).map((field) => field.trim().replace(/^"(.*)"$/, "$1").trim());
  }

  // Titles that pandas makes up: 0, 1, 2 and so on, behind an empty one where rows have numbers too.
  function isCounted(fields) {
    const titles = fields[0] === "" ? fields.slice(1) : fields;
    return titles.length > 0 && titles.every((field, i) => field === String(i));
  }

  function readCsv(text, name) {
    if (text.includes("\0")) throw new ecgclf.Problem(`${name} is no text. A CSV file has one number of mV a line.`);
    const lines = text.split(/\r\n|\r|\n/);
    // Only at the end: an empty line between two others is a sample that is missing.
    while (lines.length && !lines[lines.length - 1].trim()) lines.pop();
    if (!lines.length) throw new ecgclf.Problem(`${name} is empty.`);
    const separator = [";", "\t", ","].find((each) => lines[0].includes(each)) ?? ",";
    const first = split(lines[0], separator);
    // A lone 0 may be a sample; beside samples that have a point it has none.
    const counted = isCounted(first) && (first.length > 1 || lines.slice(1).some((line) => line.includes(".")));
    const titled = counted || !first.every((field) => NUMBER.test(field) || MISSING.test(field));
    if (first.length > MOST_COLUMNS) {
      throw new ecgclf.Problem(`${name} has ${first.length} columns. Expected are few columns, each a lead, and a row a sample.`);
    }
    const rows = titled ? lines.slice(1) : lines;
    if (!rows.length) throw new ecgclf.Problem(`${name} has a line of titles and no samples.`);
    if (rows.every((line) => WITH_COMMA.test(line.trim())) && rows.some((line) => SURELY_ONE.test(line))) {
      throw new ecgclf.Problem(`${name} has numbers such as ${rows[0].trim()}. Write them with a point (1.5, not 1,5).`);
    }
    const signals = first.map(() => new Float32Array(rows.length));
    rows.forEach((line, row) => {
      const fields = split(line, separator);
      const where = `line ${row + 1 + titled}`;
      if (fields.length !== first.length && line.trim()) {
        throw new ecgclf.Problem(`${name} has ${fields.length} columns in ${where}, and ${first.length} in its first line.`);
      }
      first.forEach((_, column) => {
        const field = fields[column] ?? "";
        if (!NUMBER.test(field) && !MISSING.test(field)) {
          throw new ecgclf.Problem(`${name} has “${field.slice(0, 40)}” in ${where}, where a number of mV is expected (1.5, not 1,5).`);
        }
        signals[column][row] = MISSING.test(field) ? NaN : Number(field);
      });
    });
    const leads = signals.map((signal, i) => ({ name: (titled && !counted && first[i]) || `column ${i + 1}`, signal }));
    // What only counts the rows is no lead.
    if (titled && leads.length > 1 && first[0] === "" && signals[0].every((value, row) => value === row)) leads.shift();
    return { name: name.replace(/\.\w+$/, ""), rate: null, leads };
  }

  Object.assign(ecgclf, { readCsv });
})();

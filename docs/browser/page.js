// The page: takes recordings, asks for what they leave open, and shows answers.
"use strict";

(() => {
  const find = (name) => document.getElementById(`ecg-${name}`);
  // What the labels of the Challenge 2017 mean.
  const MEANINGS = { N: "normal rhythm", A: "atrial fibrillation", O: "another rhythm", "~": "too noisy to tell" };
  const meaning = (label) => (MEANINGS[label] ? `${label}, ${MEANINGS[label]}` : label);
  let asked = null; // the record whose lead or rate is not known yet
  let turn = 0; // an answer that comes after another was asked for is dropped
  let started = false;

  function show(name, text) {
    find(name).textContent = text ?? "";
    find(name).hidden = text == null;
  }

  function clear() {
    show("status", null);
    show("problem", null);
    for (const name of ["ask", "answer"]) find(name).hidden = true;
    return ++turn;
  }

  // Do what may fail, and say so where it does.
  async function attempt(work) {
    const mine = clear();
    try {
      await work(() => mine === turn);
    } catch (error) {
      if (mine !== turn) return;
      find("answer").hidden = true;
      show("status", null);
      const kind = error instanceof ecgclf.Problem;
      show("problem", kind ? error.message : `Something went wrong that this page does not know: ${error.message ?? error}`);
      find("problem").scrollIntoView({ block: "nearest" });
      if (!kind) console.error(error);
    }
  }

  // A record whose lead or rate is open is asked about; any other is answered.
  async function take(record, current) {
    if (!current()) return;
    asked = record;
    if (record.rate !== null && record.leads.length === 1) return answer(record, record.leads[0], record.rate, current);
    find("ask-lead").hidden = record.leads.length === 1;
    find("ask-rate").hidden = record.rate !== null;
    const options = record.leads.map((lead, i) => new Option(lead.name, i));
    if (options.length > 1) options.unshift(new Option("choose one", ""));
    find("lead").replaceChildren(...options);
    const open = [];
    if (record.leads.length > 1) open.push(`has ${record.leads.length} leads, of which the model takes one`);
    if (record.rate === null) open.push("does not say its sampling rate");
    find("ask").hidden = false;
    show("status", `${record.name} ${open.join(", and ")}.`);
  }

  function askedFor(event) {
    event.preventDefault();
    const [lead, rate] = [find("lead").value, find("rate").value];
    attempt(async (current) => {
      find("ask").hidden = false;
      if (lead === "") throw new ecgclf.Problem("Choose the lead that the model should answer.");
      const known = asked.rate ?? (rate === "" ? NaN : Number(rate));
      await answer(asked, asked.leads[Number(lead)], known, current);
    });
  }

  async function answer(record, lead, rate, current) {
    const remarks = ecgclf.check(lead.signal, rate);
    show("status", started ? "The model answers …" : "The model is loaded; its first answer takes some seconds …");
    // Let the browser draw that before it is kept busy.
    await new Promise((resolve) => setTimeout(resolve));
    const found = await ecgclf.predict(lead.signal, rate);
    started = true;
    if (!current()) return;
    const whose = record.leads.length > 1 ? `${record.name}, lead ${lead.name}` : record.name;
    const drawing = { signal: lead.signal, rate, attention: found.attention, label: `ECG of ${whose}` };
    const { svg, cut } = ecgclf.drawPaper(drawing);
    show("status", null);
    find("verdict").replaceChildren(
      `${whose}, ${ecgclf.duration(lead.signal.length / rate)} at ${rate} Hz: `,
      element("strong", {}, `the model answers ${meaning(found.label)}.`),
      record.label ? ` The challenge’s label is ${meaning(record.label)}.` : "",
    );
    find("remarks").replaceChildren(...remarks.map((remark) => element("li", {}, remark)));
    find("bars").replaceChildren(...found.classes.map((label, i) => bar(label, found.probabilities[i])));
    find("answer").dataset.answer = JSON.stringify({ ...found, attention: undefined });
    find("scale-cut").hidden = !cut;
    find("scale-attention").hidden = !found.attention;
    find("paper").replaceChildren(svg);
    find("paper").scrollLeft = 0;
    find("answer").hidden = false;
    find("verdict").scrollIntoView({ block: "nearest" });
  }

  function bar(label, probability) {
    const filled = element("span", { className: "ecg-bar" });
    filled.style.width = `${100 * probability}%`;
    return element(
      "div",
      { className: "ecg-row" },
      element("span", { className: "ecg-class" }, meaning(label)),
      element("span", { className: "ecg-bar-room", ariaHidden: "true" }, filled),
      element("span", { className: "ecg-percent" }, `${(100 * probability).toFixed(1)} %`),
    );
  }

  function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  function bundled({ name, label, rate, gain, units }) {
    const signal = Float32Array.from(new Int16Array(ecgclf.bytes(units).buffer), (unit) => unit / gain);
    return { name, label, rate, leads: [{ name: "ECG", signal }] };
  }

  const files = (list) => attempt(async (current) => take(await ecgclf.readFiles([...list]), current));
  find("ask").addEventListener("submit", askedFor);
  find("files").addEventListener("change", ({ target }) => {
    files(target.files);
    // So that the same file, once mended, can be chosen again.
    target.value = "";
  });
  // Beside the frame too: a browser would otherwise leave the page and open the file.
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      find("drop").classList.toggle("ecg-over", kind === "dragover");
      if (kind === "drop") files(event.dataTransfer.files);
    });
  }
  const { name: model, score, recordings } = ecgclf.shipped;
  const [value, low, high] = score.map((figure) => figure.toFixed(2));
  find("model").textContent =
    `The model is ${model}. On recordings that its training had left out, it has the challenge’s score, the mean F1 of ` +
    `N, A and O, of ${value} (95 % interval ${low} to ${high}).`;
  for (const recording of recordings) {
    const button = element("button", { type: "button", className: "ecg-button" }, `${recording.name} (${recording.label})`);
    button.title = meaning(recording.label);
    button.addEventListener("click", () => attempt((current) => take(bundled(recording), current)));
    find("bundled").append(button);
  }
})();

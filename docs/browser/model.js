// The shipped model: preprocessing as ecgclf.onnx.OnnxClassifier does it, and the network in WebAssembly.
"use strict";

(() => {
  const here = new URL(".", document.currentScript.src).href;
  let opened = null;

  function load(name) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = here + name;
      script.onload = resolve;
      script.onerror = () => reject(new ecgclf.Problem(`${name} could not be loaded; reload the page.`));
      document.head.append(script);
    });
  }

  async function open() {
    await Promise.all([load("ort.wasm.min.js"), load("engine.js"), load("network.js")]);
    // Nothing is fetched: a page that is opened as a file may not, and this one has forbidden it to itself.
    const { glue, wasm } = ecgclf.engine;
    const packed = new Blob([ecgclf.bytes(wasm)]).stream().pipeThrough(new DecompressionStream("gzip"));
    ort.env.wasm.wasmBinary = await new Response(packed).arrayBuffer();
    const module = new Blob([ecgclf.bytes(glue)], { type: "text/javascript" });
    ort.env.wasm.wasmPaths = { mjs: URL.createObjectURL(module) };
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.proxy = false;
    const session = await ort.InferenceSession.create(ecgclf.bytes(ecgclf.network), { executionProviders: ["wasm"] });
    delete ecgclf.engine;
    delete ecgclf.network;
    return session;
  }

  // What each step does, given its numbers.
  const STEPS = {
    filter: (signal, { sos, zi, padding }) => ecgclf.filter(signal, sos, zi, padding),
    resample: (signal, { up, down, taps }) => ecgclf.polyphase(signal, up, down, taps),
  };

  // What the steps before the network make of a signal. As load_pretrained(sampling_rate=...) has it, a first step
  // that resamples takes the rate of the recording in place of the model's.
  function prepare(signal, rate) {
    const { preprocessing, sampling_rate: own } = ecgclf.shipped.about;
    const steps = [...preprocessing];
    let prepared = signal;
    if (rate !== own) {
      const first = steps[0]?.step === "resample" ? steps.shift() : { up: 1, down: 1 };
      prepared = Float32Array.from(ecgclf.resample(signal, rate, (own * first.up) / first.down));
    }
    for (const { step, ...numbers } of steps) {
      prepared = Float32Array.from(STEPS[step](prepared, numbers));
    }
    return prepared;
  }

  // The answer to one recording: a probability for each class, the label, and, where the model has attention, its
  // weight at each timepoint that the network gets.
  async function predict(signal, rate) {
    const { about } = ecgclf.shipped;
    const prepared = prepare(signal, rate);
    opened ??= open().catch((error) => {
      opened = null; // to be tried again
      throw error;
    });
    const session = await opened;
    const given = {
      signal: new ort.Tensor("float32", prepared, [1, 1, prepared.length]),
      lengths: new ort.Tensor("int64", BigInt64Array.from([BigInt(prepared.length)]), [1]),
    };
    const { probabilities, attention } = await session.run(given);
    const chances = [...probabilities.data];
    const weighted = chances.map((chance, i) => chance * about.class_weights[i]);
    return {
      classes: about.classes,
      probabilities: chances,
      label: about.classes[weighted.indexOf(Math.max(...weighted))],
      attention: attention
        ? Array.from(prepared, (_, i) => attention.data[Math.floor(i / about.attention_step)])
        : null,
    };
  }

  Object.assign(ecgclf, { prepare, predict });
})();

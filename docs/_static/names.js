// Where a column is narrow, a long name is broken between its words: LimeTimeSeries Explainer, load_ pretrained.
document.addEventListener("DOMContentLoaded", () => {
  for (const place of document.querySelectorAll(".bd-sidebar-primary a, .bd-sidebar-secondary a, h1, .sig-name")) {
    const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) texts.push(walker.currentNode);
    for (const text of texts) {
      const words = text.data.split(/(?<=[a-z0-9])(?=[A-Z])|(?<=[_.])(?=\w)/);
      text.replaceWith(...words.flatMap((word, i) => (i ? [document.createElement("wbr"), word] : [word])));
    }
  }
});

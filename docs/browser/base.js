// What the other files share: the name they live under, and errors that are meant for the user.
"use strict";

window.ecgclf = {
  // An error whose text says to the user what came, what was expected and what to do.
  Problem: class extends Error {},

  // Bytes of text in base64.
  bytes(text) {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  },
};

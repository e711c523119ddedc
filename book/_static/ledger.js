// The ledger: cards whose chapter, kind, verdict and words all fit stay visible. What is chosen stands
// in the address, claims.html#chapter=pruning&verdict=holds, so that a link brings it back and the
// browser's back button undoes it. A link to a claim, such as claims.html#fig-2.6.a, opens its card,
// whatever is chosen.
(() => {
  const ledger = document.querySelector(".relu-ledger");
  const form = ledger.querySelector("form");
  const filters = [...form.querySelectorAll("[data-filter]")];
  const cards = [...ledger.querySelectorAll(".relu-card")];
  const fits = (card, { dataset, value }) =>
    !value ||
    (dataset.filter === "words"
      ? card.textContent.toLowerCase().includes(value.trim().toLowerCase())
      : card.dataset[dataset.filter] === value);

  function show() {
    let shown = 0;
    for (const card of cards) {
      card.hidden = !filters.every((filter) => fits(card, filter));
      shown += !card.hidden;
    }
    form.querySelector("output").textContent = `${shown} of ${cards.length} claims`;
  }

  function choose(values) {
    for (const filter of filters) {
      filter.value = values.get(filter.dataset.filter) ?? "";
      if (filter.selectedIndex === -1) filter.value = ""; // no such choice
    }
    show();
  }

  // The address follows what is chosen: a step of the history for each choice, one for all words.
  function tell(event) {
    const chosen = filters.filter(({ value }) => value).map((f) => [f.dataset.filter, f.value]);
    const hash = "#" + new URLSearchParams(chosen);
    if (hash === (location.hash || "#")) return;
    if (event.target.dataset?.filter === "words" && hash.includes("words=")
        && location.hash.includes("words=")) {
      history.replaceState(null, "", hash);
    } else {
      history.pushState(null, "", hash);
    }
  }

  function visit() {
    const hash = location.hash.slice(1);
    const card = document.getElementById(decodeURIComponent(hash));
    if (cards.includes(card)) {
      if (card.hidden) choose(new URLSearchParams());
      card.querySelector("details").open = true;
      card.scrollIntoView();
    } else if (hash === "" || hash.includes("=")) {
      choose(new URLSearchParams(hash));
    }
  }

  form.addEventListener("input", (event) => {
    show();
    tell(event);
  });
  form.addEventListener("reset", (event) => {
    setTimeout(() => {  // the form empties its fields afterwards
      show();
      tell(event);
    });
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", visit);
  window.addEventListener("pageshow", () => {
    show(); // a browser may restore what was chosen before
    visit();
  });
})();

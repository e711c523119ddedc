// The ledger: rows whose chapter, kind, verdict and words all fit stay visible; a link to a claim,
// such as claims.html#fig-2.6.a, opens its row, whatever is chosen.
(() => {
  const ledger = document.querySelector(".relu-ledger");
  const form = ledger.querySelector("form");
  const filters = [...form.querySelectorAll("[data-filter]")];
  const rows = [...ledger.querySelectorAll("tbody tr")];
  const fits = (row, { dataset, value }) =>
    !value ||
    (dataset.filter === "words"
      ? row.textContent.toLowerCase().includes(value.trim().toLowerCase())
      : row.dataset[dataset.filter] === value);

  function show() {
    let shown = 0;
    for (const row of rows) {
      row.hidden = !filters.every((filter) => fits(row, filter));
      shown += !row.hidden;
    }
    form.querySelector("output").textContent = `${shown} of ${rows.length} claims`;
  }

  function visit() {
    const row = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!rows.includes(row)) return;
    if (row.hidden) {
      form.reset();
      show();
    }
    row.querySelector("details").open = true;
    row.scrollIntoView();
  }

  form.addEventListener("input", show);
  form.addEventListener("reset", () => setTimeout(show)); // the form empties its fields afterwards
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", visit);
  window.addEventListener("pageshow", () => {
    show(); // a browser may restore what was chosen before
    visit();
  });
})();

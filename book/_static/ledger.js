// The filters of the ledger: rows whose chapter, kind, verdict and words all fit stay visible.
(() => {
  const ledger = document.querySelector(".relu-ledger");
  const filters = [...ledger.querySelectorAll("[data-filter]")];
  const rows = [...ledger.querySelectorAll("tbody tr")];
  const fits = (row, { dataset, value }) =>
    !value ||
    (dataset.filter === "words"
      ? row.textContent.toLowerCase().includes(value.toLowerCase())
      : row.dataset[dataset.filter] === value);

  function show() {
    let shown = 0;
    for (const row of rows) {
      row.hidden = !filters.every((filter) => fits(row, filter));
      shown += !row.hidden;
    }
    ledger.querySelector("output").textContent = `${shown} of ${rows.length}`;
  }

  filters.forEach((filter) => filter.addEventListener("input", show));
  show(); // a browser may restore what was chosen before
})();

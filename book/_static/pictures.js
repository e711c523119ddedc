// On a phone a picture fits the screen; a tap shows it as large as it was drawn, and another fits it again.
document.addEventListener("click", ({ target }) => {
  if (target.matches(".relu-figure")) target.closest(".relu-picture")?.classList.toggle("full");
});

// Runs before anything is painted: the design system hides what only scripts
// can work until these two classes are there.
document.body.classList.add('js-enabled', 'nhsuk-frontend-supported');

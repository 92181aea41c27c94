// Shows the description of the server that this page came from.
window.addEventListener("load", () =>
  SwaggerUIBundle({ url: "openapi.json", dom_id: "#page", deepLinking: true, validatorUrl: null })
);

// Behind a login: when the session is over, the next request leads back to the login page.
(() => {
  const plain = window.fetch.bind(window);
  window.fetch = async (...asked) => {
    const answer = await plain(...asked);
    if (answer.status === 401 && new URL(answer.url).origin === location.origin) location.assign("/login");
    return answer;
  };
})();

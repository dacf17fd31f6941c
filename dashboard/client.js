// The client's own words ("Upload", "No results", …) in Chinese, unless the address asks for English.
(() => {
  const words = __WORDS__, fallback = "__LANGUAGE__";
  const chinese = () => (new URLSearchParams(location.search).get("lang") || fallback).startsWith("zh");
  const say = (text) => {
    const found = words[text.trim()];
    return found ?? text.replace(/^(\d+)MB per file/, "每个文件不超过 $1 MB");
  };
  const mend = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      const said = say(node.nodeValue);
      if (said !== node.nodeValue) node.nodeValue = said;
    } else if (node.nodeType === Node.ELEMENT_NODE && !["SCRIPT", "STYLE", "INPUT"].includes(node.tagName)) {
      for (const name of ["title", "aria-label"]) {
        const value = node.getAttribute(name);
        if (value && words[value]) node.setAttribute(name, words[value]);
      }
      node.childNodes.forEach(mend);
    }
  };
  document.documentElement.lang = chinese() ? "zh-CN" : "en";
  new MutationObserver((changes) => {
    if (chinese()) changes.forEach((change) => change.addedNodes.forEach(mend));
  }).observe(document, { childList: true, subtree: true });
})();

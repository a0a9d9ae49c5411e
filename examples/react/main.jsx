import "lipsplat/define";
import { useRef, useState } from "react";
import { createRoot } from "react-dom/client";

function App() {
  const head = useRef(null);
  const [state, setState] = useState("loading");
  const [problem, setProblem] = useState(null);

  const attempt = (action) => action.catch(({ message, hint }) => setProblem(`${message} ${hint}`));

  return (
    <main>
      <lip-splat ref={head} onstatechange={({ detail }) => setState(detail)} style={{ width: 384 }} />
      <input
        type="file"
        accept="audio/*"
        onChange={({ target }) => attempt(head.current.dub(target.files[0]))}
      />
      <button type="button" onClick={() => attempt(head.current.attachMicrophone())}>
        Talk
      </button>
      <button type="button" onClick={() => head.current.setExpression({ smile: 0.6 })}>
        Smile
      </button>
      <p role="status">{problem ?? state}</p>
    </main>
  );
}

createRoot(document.body).render(<App />);

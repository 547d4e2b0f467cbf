using Spectre.Console;
using Spectre.Console.Rendering;

namespace ConsoleApp.Reporting;

/// <summary>The two streams that the program writes to: colours and movement on a terminal, plain text anywhere else.</summary>
/// <remarks>Thread-safe, but for <see cref="Out"/>, which is for the report alone.</remarks>
internal sealed class Terminal
{
    // Redirected text is not to be broken into lines of a terminal's width.
    private const int RedirectedWidth = 500;

    private readonly Lock _lock = new(); // a live display and another writer of its console can lock each other out
    private readonly IAnsiConsole _error = Open(Console.Error, Console.IsErrorRedirected);

    public IAnsiConsole Out { get; } = Open(Console.Out, Console.IsOutputRedirected);

    /// <summary>Where live progress is drawn.</summary>
    /// <value>
    /// <see langword="null"/> if the output is no terminal. If the errors go to one as well, it is theirs: what is written through the
    /// same console does not tear the drawing.
    /// </value>
    public IAnsiConsole? Live
    {
        get
        {
            IAnsiConsole console = Console.IsErrorRedirected ? Out : _error;
            return !Console.IsOutputRedirected && console.Profile.Capabilities.Ansi ? console : null;
        }
    }

    /// <summary>Says something while the work goes on.</summary>
    public void Announce(string text)
    {
        lock (_lock)
            Write(Live ?? Out, text);
    }

    /// <summary>Tells of an error.</summary>
    public void Complain(string text)
    {
        lock (_lock)
            Write(_error, text);
    }

    /// <summary>Draws the next picture of a live display.</summary>
    public void Draw(LiveDisplayContext display, IRenderable picture)
    {
        lock (_lock)
            display.UpdateTarget(picture);
    }

    // On a live console the text comes to stand where the drawing was: each of its lines covers what was there.
    private void Write(IAnsiConsole console, string text)
    {
        if (console == Live)
            console.Write(new Padder(new Text(text), new Padding(0, 0, 1, 0)) { Expand = true });
        else
            console.WriteLine(text);
    }

    private static IAnsiConsole Open(TextWriter stream, bool isRedirected)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(stream),
            Ansi = isRedirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = isRedirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            // A build server's own rules would put colours into a redirected stream.
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = !isRedirected },
        });
        if (isRedirected)
            console.Profile.Width = RedirectedWidth;
        return console;
    }
}

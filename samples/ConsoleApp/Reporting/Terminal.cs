using Spectre.Console;

namespace ConsoleApp.Reporting;

/// <summary>The two streams that the program writes to: colours and movement on a terminal, plain text anywhere else.</summary>
internal sealed class Terminal
{
    // Redirected text is not to be broken into lines of a terminal's width.
    private const int RedirectedWidth = 500;

    public IAnsiConsole Out { get; } = Open(Console.Out, Console.IsOutputRedirected);

    public IAnsiConsole Error { get; } = Open(Console.Error, Console.IsErrorRedirected);

    /// <summary>Where live progress is drawn.</summary>
    /// <value>
    /// <see langword="null"/> if the output is no terminal. If the errors go to one as well, it is theirs: what writes through the
    /// same console does not tear the drawing.
    /// </value>
    public IAnsiConsole? Live
    {
        get
        {
            IAnsiConsole console = Console.IsErrorRedirected ? Out : Error;
            return !Console.IsOutputRedirected && console.Profile.Capabilities.Ansi ? console : null;
        }
    }

    /// <summary>Says something while the work goes on.</summary>
    public void Announce(string text) => (Live ?? Out).WriteLine(text);

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

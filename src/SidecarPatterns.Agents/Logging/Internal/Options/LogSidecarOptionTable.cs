namespace SidecarPatterns;

/// <summary>The options of the log agent, a row each.</summary>
internal static class LogSidecarOptionTable
{
    public static IReadOnlyList<LogSidecarOption> All { get; } =
    [
        LogSidecarOption.Switch("IncludeScopes", static options => options.IncludeScopes),
        LogSidecarOption.Switch("FlushOnCrash", static options => options.FlushOnCrash),
        LogSidecarOption.Switch("File:Enabled", static options => options.File.Enabled),
        new(
            "File:Folder",
            "the path of a folder",
            static text => IsPath(text),
            static options => IsPath(options.File.Folder),
            static options => $"'{options.File.Folder}'"),
        new(
            "File:Name",
            "nothing, for the name of the application, or what a file can be called",
            static text => IsName(text),
            static options => options.File.Name is null || IsName(options.File.Name),
            static options => options.File.Name is null ? "nothing" : $"'{options.File.Name}'"),
        LogSidecarOption.Number("File:MaxBytes", static options => options.File.MaxBytes, LogSidecarConstants.MinSize, LogSidecarConstants.MaxSize),
        LogSidecarOption.Number("File:MaxFiles", static options => options.File.MaxFiles, 1, LogSidecarConstants.MaxMaxFiles),
        LogSidecarOption.Number("File:MaxTotalBytes", static options => options.File.MaxTotalBytes, LogSidecarConstants.MinSize, LogSidecarConstants.MaxSize),
        LogSidecarOption.OptionalDuration("File:MaxAge", static options => options.File.MaxAge, LogSidecarConstants.MaxMaxAge),
        LogSidecarOption.Switch("File:Compress", static options => options.File.Compress),
    ];

    private static bool IsPath(string? text) => !string.IsNullOrWhiteSpace(text) && text.IndexOfAny(Path.GetInvalidPathChars()) < 0;

    private static bool IsName(string text) =>
        text.Length > 0 && text.IndexOfAny(Path.GetInvalidFileNameChars()) < 0 && !text.Contains('+', StringComparison.Ordinal);
}

namespace SidecarPatterns;

/// <content>The copy on disk.</content>
internal sealed partial class ConfigurationAgent
{
    /// <summary>The copy, if one is kept and there is one.</summary>
    /// <param name="problem">What is wrong with it.</param>
    public VersionCopy? ReadCopy(out string? problem)
    {
        problem = null;
        return OpenCopy()?.Read(out problem);
    }

    private CopyOnDisk? OpenCopy() => Options.CopyFile is { } file
        ? new CopyOnDisk(Path.GetFullPath(file, Path.GetFullPath(Environment.ContentRootPath)), Origin.Identify(Environment))
        : null;

    /// <summary>Writes the version in force, unless it was written.</summary>
    private void WriteCopyIfDue()
    {
        if (!_isCopyDue)
        {
            return;
        }

        string? problem = null;
        try
        {
            OpenCopy()?.Write(_table, _account.Shown.Revision, _clock.GetUtcNow());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problem = $"{exception.GetType().Name}: {exception.Message}"; // It names the file.
        }

        _isCopyDue = problem is not null;
        if (_account.SetCopyError(problem) && problem is not null)
        {
            Log(logger => ConfigurationAgentLog.CopyNotWritten(logger, Name, problem));
        }
    }
}
